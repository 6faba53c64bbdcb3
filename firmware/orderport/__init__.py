"""What the order port does (design §11): sessions, bookings of swap slots, plans, queries, vehicles' records.
The lines and their authenticators are protocols/orderport's, sockets are drivers/order_server.py's.
"""
