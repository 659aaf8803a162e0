"""Search: an immutable full-text index of what is listed, built by a worker and read by the API.

Its index lies in the search bucket, named in the catalogue's `SEARCH` partition beside what changed
since. It owns no table and tells no facts. Where no index can serve, the built-in one does.
"""
