"""CustomResourceDefinitions generated from the models: ``kinds`` -> ``structural_schema`` -> ``documents`` -> text."""
