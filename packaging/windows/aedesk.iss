; Inno Setup 6: the setup program of Windows. packaging/build.py calls ISCC with Version and Folder.
; It installs for the person who runs it, without administrator rights, and says what .aed files are.

#ifndef Version
  #error Version is not given: run packaging/build.py
#endif
#ifndef Folder
  #error Folder is not given: run packaging/build.py
#endif

[Setup]
AppId={{B1D0E6F0-0C1B-4C53-9D0C-2A6E8E1F4AED}
AppName=aedesk
AppVersion={#Version}
AppPublisher=The aedesk developers
DefaultDirName={autopf}\aedesk
DefaultGroupName=aedesk
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
LicenseFile={#SourcePath}\..\..\LICENSE
SetupIconFile={#SourcePath}\..\..\resources\icons\app\aedesk.ico
UninstallDisplayIcon={app}\aedesk.exe
Compression=lzma2/max
SolidCompression=yes
ChangesAssociations=yes
CloseApplications=yes
WizardStyle=modern

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Folder}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\aedesk"; Filename: "{app}\aedesk.exe"
Name: "{autodesktop}\aedesk"; Filename: "{app}\aedesk.exe"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "Software\Classes\.aed"; ValueType: string; ValueData: "aedesk.aed"; Flags: uninsdeletevalue uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.aed"; ValueType: string; ValueName: "Content Type"; ValueData: "image/x-aed"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.aed"; ValueType: string; ValueName: "PerceivedType"; ValueData: "image"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\aedesk.aed"; ValueType: string; ValueData: "aedesk picture"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\aedesk.aed\DefaultIcon"; ValueType: string; ValueData: "{app}\aedesk.exe,0"
Root: HKA; Subkey: "Software\Classes\aedesk.aed\shell\open\command"; ValueType: string; ValueData: """{app}\aedesk.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\shell\open\command"; ValueType: string; ValueData: """{app}\aedesk.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".aed"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".jpg"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".jpeg"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".png"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".tif"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".tiff"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".webp"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".avif"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\aedesk.exe\SupportedTypes"; ValueType: string; ValueName: ".heic"; ValueData: ""

[Run]
Filename: "{app}\aedesk.exe"; Description: "{cm:LaunchProgram,aedesk}"; Flags: nowait postinstall skipifsilent
