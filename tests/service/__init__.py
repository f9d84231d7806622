"""The service under a real systemd, in namespaces of this kernel: how it runs, and what it survives."""
