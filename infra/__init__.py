"""What surrounds the application: its wiring, the template made from it, and the tools to ship it.

`wiring` declares every table, queue, rule, schedule and function once. `stack` turns that into
CloudFormation, `package` merges it with what Chalice makes of `app.py`, `deploy` brings the result
to an AWS account or to the emulator, `operate` is for whoever keeps it running.
"""
