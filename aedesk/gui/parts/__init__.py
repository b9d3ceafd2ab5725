"""The parts of the main window that know the workspace: bars, docks and the device selector."""
