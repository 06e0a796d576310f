@app.post("/refresh")
async def refresh_tokens(payload = Depends(auth.REFRESH_REQUIRED)):
    new_token = auth.create_access_token(uid=payload.sub)
    return {"access_token": new_token}
