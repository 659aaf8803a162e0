"""HTTP manners: requests, answers, refusals, sessions, pages. Knows no room."""
