@app.post("/change-password")
async def change_password(payload = Depends(auth.FRESH_REQUIRED)):
    # Only fresh tokens can access this endpoint
    return {"message": "Password changed"}
