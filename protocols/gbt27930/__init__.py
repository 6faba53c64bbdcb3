"""GB/T 27930: communication between an off-board charger and a vehicle's BMS over CAN."""
