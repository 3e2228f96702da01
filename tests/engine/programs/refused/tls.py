"""Keys of `pulumi_tls`."""

import pulumi_tls as tls

tls.PrivateKey("k", algorithm="RSA")
