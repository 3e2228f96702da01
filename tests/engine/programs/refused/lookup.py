"""A bucket of others, which nothing declares."""

import pulumi_aws as aws

aws.s3.get_bucket(bucket="x")
