"""Makes the workspace members importable by their own names.

A member's folder is called as the package in it. pytest, naming test modules by their path, would put a namespace
package of that name in front unless the real one is loaded already.
"""

import devcluster
import devvault

__all__ = ["devcluster", "devvault"]
