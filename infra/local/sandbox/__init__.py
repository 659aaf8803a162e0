"""The sandbox payment company and courier: pages to click, callbacks signed as Standard Webhooks.

They stand outside Souk as real companies do and know of it only its callback addresses. They never
act by themselves: each callback is somebody's click.
"""
