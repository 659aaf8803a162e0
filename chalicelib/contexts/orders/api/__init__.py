"""The JSON routes of orders: `shopping` for shoppers, `selling` for merchants."""
