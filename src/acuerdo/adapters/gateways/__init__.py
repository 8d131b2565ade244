"""Payment gateways: each a folder that declares itself."""
