# A device by Alibaba's Python SDK, as its users write one. Its input: JSON with the triple, port, secure, cadata,
# protocol. Prints a JSON line for each thing that happens. Two threads write one TLS socket in the SDK: publishes are
# 0.3 s apart (STOCK-CLIENTS, "Flake").
import os
import threading
import time

from sdk_python_peer import client, config, say

lk = client(secure=config["secure"], mqtt={"protocol": config["protocol"]}, device_secret=config["deviceSecret"])
topic = "/%s/%s/user/get" % (config["productKey"], config["deviceName"])
connected = threading.Event()


def on_connect(session_flag, rc, user_data):
    say("connect", rc)
    if rc == 0:
        connected.set()


def on_prop_changed(params, user_data):
    say("props", params)


def on_prop_post(request_id, code, data, message, user_data):
    say("post", code)


def on_event_post(event, request_id, code, data, message, user_data):
    say("event", code)


def on_service(identifier, request_id, params, user_data):
    say("service", [identifier, params])
    lk.thing_answer_service(identifier, request_id, 200, {})
    time.sleep(0.5)
    say("end")
    os._exit(0)


lk.on_connect = on_connect
lk.on_thing_prop_changed = on_prop_changed
lk.on_thing_prop_post = on_prop_post
lk.on_thing_event_post = on_event_post
lk.on_thing_call_service = on_service
lk.on_subscribe_topic = lambda mid, granted, user_data: say("subscribed", granted)
lk.on_topic_message = lambda topic, payload, qos, user_data: say("message", payload.decode())
lk.on_thing_enable = lambda user_data: say("enabled")
lk.thing_setup(config["tsl"])
lk.connect_async()
if not connected.wait(15):
    say("failed")
    os._exit(1)
time.sleep(0.3)
lk.subscribe_topic(topic)
time.sleep(0.3)
lk.thing_post_property({"temperature": 21})
time.sleep(0.3)
lk.thing_trigger_event(("alarm", {"level": 1}))
time.sleep(30)
os._exit(2)
