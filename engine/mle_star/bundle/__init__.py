"""The model folder that is shipped: the fitted model, its code, schema, manifest and card."""
