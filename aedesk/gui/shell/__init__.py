"""The main window and what surrounds the panels: menus, bars, docks, library and job list."""
