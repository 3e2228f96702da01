"""What several components share: names, policy documents, log groups, alarms, secrets, security groups, value types."""
