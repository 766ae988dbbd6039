# What the programs by Alibaba's Python SDK share: their input (JSON, so that no secret is among the arguments), what they
# print (a JSON line for each thing that happens), and how they connect to a cloud on this machine.
import json
import sys

from linkkit import linkkit

config = json.load(sys.stdin)


def say(what, value=None):
    sys.stdout.write(json.dumps({"what": what, "value": value}) + "\n")
    sys.stdout.flush()


def client(secure="TLS", mqtt={}, **more):
    lk = linkkit.LinkKit(
        host_name="127.0.0.1",
        product_key=config["productKey"],
        device_name=config["deviceName"],
        **more
    )
    # The SDK would put an instance's own host name in place of ours.
    lk.config_mqtt(
        port=config["port"],
        endpoint="127.0.0.1",
        secure=secure,
        cadata=open(config["caFile"]).read(),
        **mqtt
    )
    return lk
