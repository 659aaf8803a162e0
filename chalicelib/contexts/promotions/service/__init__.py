"""What people do with promotions: offers are made and changed, carts ask what they come to."""
