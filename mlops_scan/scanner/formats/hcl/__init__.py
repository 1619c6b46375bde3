"""HCL as Terraform and OpenTofu write it: nodes with their places, and what their expressions come to."""
