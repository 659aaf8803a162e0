"""Shipping: what merchants offer for an address, shipments, and how couriers say they move.

Table `shipping`: `SHIPMENT#id` / `SHIPMENT` with a `MOVE#rank#time` row for each thing a courier
told; `TRACK#courier#number` makes a tracking number unique and finds its shipment;
`CALLBACK#courier-event` is a callback's marker. A shipment is found by its order in `by_owner`.

Emits `ShipmentCreated`, `ShipmentMoved`, `ShipmentDelivered`. Making a shipment is a verb of
orders, to which `store` contributes its writes.
"""
