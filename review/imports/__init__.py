"""What `pulumi import` needs for resources that exist already."""
