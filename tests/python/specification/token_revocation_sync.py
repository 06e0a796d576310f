from authx import AuthX
auth = AuthX()
# Sync callback
@auth.set_callback_token_blocklist
def check_if_token_revoked(token: str) -> bool:
    # Check your database or cache
    return token in revoked_tokens_db
