"""The wing that knows AWS: boto3, PynamoDB's connections and Powertools stay behind these doors."""
