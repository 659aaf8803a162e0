"""The catalogue as JSON: for shoppers (`shop`) and for merchants (`merchant`, `imports`)."""
