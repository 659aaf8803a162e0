"""After-sales: what comes after the purchase. So far: members ask for help, and are answered.

Owns the table `aftersales`. Emits `aftersales.HelpAsked` and `aftersales.HelpGiven`; notifications
tell the member that there is an answer.
"""
