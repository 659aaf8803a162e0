"""Members' JSON routes, by subject: what they keep, and their points and tier."""
