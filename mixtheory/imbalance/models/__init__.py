"""Population models of imbalanced augmentation: closed forms that can be read beside their derivations."""
