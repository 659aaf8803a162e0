"""The marketplace on one machine: the stack that goes to AWS, on an emulator, with a front door.

`python -m infra.local run` starts everything and stays until Ctrl-C; `start` and `stop` do the same
detached. One process supervises: it holds the front door and the sandbox companies, keeps the
emulator as its child, brings the stack up to date and fills the shop with its demo. All state lies
in `.local/` (or where SOUK_LOCAL_DIR says), everything listens on 127.0.0.1 only.
"""
