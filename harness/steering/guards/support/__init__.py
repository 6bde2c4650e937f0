"""What guards share: the code that is judged, what the kernel knows, and how names are followed."""
