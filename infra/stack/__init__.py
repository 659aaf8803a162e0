"""Pure functions from `infra.wiring` to CloudFormation; nothing here speaks to AWS."""
