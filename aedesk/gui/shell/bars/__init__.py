"""Tool bar, view bar, status bar and the device selector."""
