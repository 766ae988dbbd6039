# A device by Alibaba's Python SDK that has its product's secret alone: it registers over MQTT, pre-registered
# ("register") or not ("regnwl"), then connects with what it was told. Its input: JSON with productKey, productSecret,
# deviceName, authType, instanceId, port, caFile. Prints a JSON line for each thing that happens, and no secret.
import os
import threading
import time

from sdk_python_peer import client, config, say

told = threading.Event()
identity = {}


def on_register(rc, value, user_data):
    say("registered", rc)
    if rc == 0:
        identity.update(device_secret=value)
    told.set()


def on_register_nwl(rc, client_id, username, password):
    say("registered", rc)
    if rc == 0:
        identity.update(
            device_secret="",
            auth_type="regnwl",
            client_id=client_id,
            username=username,
            password=password,
        )
    told.set()


first = client(
    device_secret="",
    auth_type=config["authType"],
    product_secret=config["productSecret"],
    instance_id=config.get("instanceId"),
)
first.on_device_dynamic_register = on_register
first.on_device_dynamic_register_nwl_reply = on_register_nwl
first.connect_async()
if not told.wait(20):
    say("failed")
    os._exit(1)
if not identity:
    os._exit(0)
time.sleep(0.3)

connected = threading.Event()
second = client(**identity)


def on_connect(session_flag, rc, user_data):
    say("connect", rc)
    if rc == 0:
        connected.set()


def on_prop_post(request_id, code, data, message, user_data):
    say("post", code)
    os._exit(0)


second.on_connect = on_connect
second.on_thing_prop_post = on_prop_post
second.on_thing_enable = lambda user_data: None
second.thing_setup(config["tsl"])
second.connect_async()
if not connected.wait(15):
    say("failed")
    os._exit(1)
time.sleep(0.3)
second.thing_post_property({"temperature": 21})
time.sleep(15)
os._exit(2)
