"""Privacy: a member sees, takes along and erases what is held about them.

Owns the table `privacy`: what was asked for and how far it is. Emits `privacy.ExportRequested` and
`privacy.MemberErased`, and reacts to both by asking every room below for its part.
"""
