"""What is true of members, by subject: addresses, profiles, favourites, how a pasted address is read."""
