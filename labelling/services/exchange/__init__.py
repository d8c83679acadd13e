"""The directory as it leaves the portal: tables, data·inclusion v1 and HSDS 3."""
