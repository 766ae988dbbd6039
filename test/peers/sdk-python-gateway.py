# A gateway by Alibaba's Python SDK: registers a sub-device in both ways, adds it to its topology with the sub-device's
# signature and takes it out again. Its input: JSON with the triple, port, caFile, `sub` (productKey, deviceName,
# productSecret). Prints a JSON line for each thing that happens, and no secret. Publishes are 0.3 s apart.
import os
import threading
import time

from sdk_python_peer import client, config, say

sub = config["sub"]
lk = client(device_secret=config["deviceSecret"])
connected = threading.Event()
answered = threading.Event()
secrets = []


def on_connect(session_flag, rc, user_data):
    if rc == 0:
        connected.set()


def on_register(request_id, code, data, message, user_data):
    say("registered", code)
    if code == 200:
        secrets.append(data[0]["deviceSecret"])
    answered.set()


def on_product_register(request_id, code, data, message, user_data):
    say("proved", [code, [one["deviceSecret"] for one in data["successes"]] == secrets, data["failures"]])
    answered.set()


def on_add(request_id, code, data, message, user_data):
    say("added", [code, data])
    answered.set()


def on_delete(request_id, code, data, message, user_data):
    say("removed", code)
    answered.set()


def ask(request, devices):
    time.sleep(0.3)
    answered.clear()
    request(devices)
    if not answered.wait(15):
        say("failed")
        os._exit(1)


lk.on_connect = on_connect
lk.on_gateway_register_subdev_reply = on_register
lk.on_gateway_product_register_subdev_reply = on_product_register
lk.on_gateway_add_subdev_topo_reply = on_add
lk.on_gateway_delete_subdev_topo_reply = on_delete
lk.on_thing_enable = lambda user_data: None
lk.thing_setup(config["tsl"])
lk.connect_async()
if not connected.wait(15):
    say("failed")
    os._exit(1)
names = [sub["productKey"], sub["deviceName"]]
ask(lk.gateway_register_subdev, [names])
ask(lk.gateway_product_register_subdev, [names + [sub["productSecret"]]])
ask(lk.gateway_add_subdev_topo, [names + secrets])
ask(lk.gateway_delete_subdev_topo, [names])
os._exit(0)
