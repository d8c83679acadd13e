"""The convention multipartite of a territory: written, shown, signed, amended (GUIDE p. 15; domain § 6)."""
