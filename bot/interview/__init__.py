"""The interview: whether somebody may be eligible, asked with few questions by text message.

Pure like the rest of the conversation. `talking.py` has the turns; `slips.py` alone knows the database.
"""
