"""KoboToolbox and ODK: XLSForm, exports, groups that repeat."""
