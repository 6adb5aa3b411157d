"""(product, category) pairs as a cross-encoder reads them, and the model that scores them."""
