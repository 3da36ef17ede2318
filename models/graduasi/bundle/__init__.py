"""What training hands to serving: one sealed folder without code.

These names are imported from here, also by models that earlier versions logged to MLflow as code.
"""

from graduasi.bundle.bundle import CARD_MARK, Bundle, check_in_child, load_bundle, open_sealed, save_bundle

__all__ = ["CARD_MARK", "Bundle", "check_in_child", "load_bundle", "open_sealed", "save_bundle"]
