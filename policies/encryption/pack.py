"""The encryption pack."""

from pathlib import Path

from policies.encryption import databases, keys, services, storage
from policies.support.rules import Pack

PACK = Pack(
    name="trading-platform-encryption",
    title="Encryption",
    folder=Path(__file__).parent,
    rules=(
        keys.kms_rotation,
        keys.kms_policy_principals,
        keys.kms_deletion_window,
        databases.rds_storage_encrypted,
        databases.rds_storage_customer_key,
        databases.rds_insights_customer_key,
        databases.rds_parameters_force_tls,
        databases.rds_force_tls,
        databases.rds_backup_replica_customer_key,
        databases.elasticache_at_rest_encrypted,
        databases.elasticache_customer_key,
        databases.elasticache_in_transit_encrypted,
        databases.elasticache_authentication,
        storage.s3_encryption,
        storage.s3_tls_only,
        storage.ec2_launch_template_encrypted,
        storage.ec2_instance_encrypted,
        storage.ebs_volume_encrypted,
        storage.ebs_encryption_by_default,
        storage.backup_customer_key,
        services.eks_secrets_encrypted,
        services.logs_customer_key,
        services.vpc_flow_log_customer_key,
        services.sns_customer_key,
        services.secretsmanager_customer_key,
        services.cloudtrail_customer_key,
        services.elb_listener_tls,
    ),
)
