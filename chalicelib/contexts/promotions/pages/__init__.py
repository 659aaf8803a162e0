"""What pages say of offers."""
