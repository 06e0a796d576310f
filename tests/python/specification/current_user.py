from authx import AuthX
auth = AuthX()
# Define callback to fetch user
@auth.set_callback_get_model_instance
async def get_user(uid: str):
    return await database.get_user(uid)
# Use in endpoints
@app.get("/me")
async def get_current_user(user = Depends(auth.CURRENT_SUBJECT)):
    return user
