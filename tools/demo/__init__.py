"""The demo: plant, firmware and a dispatch master for a minute, seen live, scored and plotted."""
