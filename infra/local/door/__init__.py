"""The front door of the shop on one machine, in place of CloudFront and its firewall."""
