"""The practice model: all real but the model's words."""
