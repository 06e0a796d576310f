# Async callback
@auth.set_callback_token_blocklist
async def check_if_token_revoked(token: str) -> bool:
    # Check your async database
    return await is_token_revoked(token)
