"""Services for old prints: finds damage on their scans."""
